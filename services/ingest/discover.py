"""Which feeds a web page offers (pure): autodiscovery links, and addresses that look like feeds."""
