"""Resources on a cluster that is not ours: made, waited for, written down, removed, and read back."""
