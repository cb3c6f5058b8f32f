"""The performance budgets, measured: ``python -m benchmarks``.

Each module here but four measures one thing and declares its rows in ``ROWS``: ``runner`` says how
a figure is taken, ``workers`` gives each side a process of its own, ``world`` makes what the sides
need of AWS, and ``report`` prints.
"""
