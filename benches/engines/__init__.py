"""Competing engines, one module each. All give the same answer: {pattern id: {revision: count}}."""
