"""Labels for what is stored: claim, label, save and publish; and again where the rulebook or the words of search have changed."""
