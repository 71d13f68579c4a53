"""Pictures of the simulated world, drawn from vectors: products, backgrounds, clutter and shadows."""
