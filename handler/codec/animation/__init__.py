"""Animations: their frames as they are shown, one after the other."""
