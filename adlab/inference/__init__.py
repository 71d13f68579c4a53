"""From checkpoints and creatives to typed assessments."""
