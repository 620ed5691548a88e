"""Latest out: the read side over HTTP and the pages."""
