"""Temporal properties: formulas over states and events, fairness, and what checks them on a state graph."""
