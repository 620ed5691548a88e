"""What people say of verdicts: corrections, tests beside the rules, labelled texts."""
