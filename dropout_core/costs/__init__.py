"""What an evaluation costs: prices, money spent, and the budget."""
