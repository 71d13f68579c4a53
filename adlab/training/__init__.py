"""Trainings that join a network and its losses, resumable and seeded."""
