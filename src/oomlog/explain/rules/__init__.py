"""Rules of explanation: one file a claim, named as the finding is."""
