"""The editor's tools: what two rulebooks say differently, what a change would do, how terms do, which are missing."""
