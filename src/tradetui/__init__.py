"""tradetui"""
