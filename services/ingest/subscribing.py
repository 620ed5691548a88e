"""WebSub decisions (pure): signatures, verification, when to renew."""
