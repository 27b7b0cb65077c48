"""What the package costs, side by side with what people use instead."""
