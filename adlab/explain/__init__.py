"""Why a model says what it says: maps over the picture, and the evidence that they are right."""
