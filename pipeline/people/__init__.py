"""Who is who: which voice and which face are the same person's."""
