"""Several evaluations that share slots and one purse."""
