"""What a budget of decisions brings back of what noise costs, on data that is not ours."""
