"""The page to look at, ``/moto-api/eks-podid/`` in a browser: who did what, and why it was refused.

Every view is HTML that the server renders and that works without JavaScript; scripts add what comes
live, a list that scrolls through the whole history, and its keys.
"""
