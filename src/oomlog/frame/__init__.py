"""Events as tables, and the keys that join them."""
