"""Our label models beside majority vote, snorkel and crowd-kit, on votes of made-up sources."""
