"""What people and machines read of a run: the event stream, and every report, each made from that stream alone."""
