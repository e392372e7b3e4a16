"""Where sessions are kept for later: databases, a cache and archives, filled from the journal and never instead of it.

Every row comes from an event that the journal holds: whatever a server does, nothing is lost that cannot be put back.
"""
