"""A whole service verified: its searches, its availability, its instances however many."""
