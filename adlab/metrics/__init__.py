"""Measures of fit, agreement, calibration and uncertainty, on numpy arrays."""
