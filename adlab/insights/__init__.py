"""When and for whom ads get clicked: click rates by attribute, tests of each attribute, and counter-examples."""
