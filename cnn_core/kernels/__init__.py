"""The Kernel lab's maths: kernels by family or by number, filtering with them, and what they do.

families, library, recipes: how kernels are made, named and kept as text; editing: what can be done to one;
filtering, chain, edges: what they do to a picture; frequency: what they do to waves; code, export: to take home.
"""
