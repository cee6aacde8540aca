"""Engines that find what they are told to, or nothing, for the tests of the comparison."""
