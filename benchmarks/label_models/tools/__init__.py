"""One file a tool: ``prepare`` brings the votes into its own form, ``posterior`` does the work."""
