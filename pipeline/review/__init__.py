"""The review page: a meeting seen, heard and corrected in a browser on this machine."""
