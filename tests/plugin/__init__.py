"""The plugin as its users meet it: whole pytest runs, most of them in a process of their own."""
