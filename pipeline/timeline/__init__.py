"""The one data structure: tiers of intervals per participant, and what follows from them."""
