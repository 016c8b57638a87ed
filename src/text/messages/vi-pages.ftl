# Trang.
