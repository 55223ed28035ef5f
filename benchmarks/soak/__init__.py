"""Honest tenants beside a hostile one, for minutes: does anybody notice the attacks?"""
