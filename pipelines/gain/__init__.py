"""The experiment: clean labels are disturbed, cleaned again, and models tell what it brought."""
