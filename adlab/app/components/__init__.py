"""What pages are drawn with; each component is a function that returns HTML, and one that shows it."""
