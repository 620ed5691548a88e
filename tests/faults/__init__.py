"""What breaks, and what must hold all the same: the fault matrix of docs/explanation/faults.md, and random chaos."""
