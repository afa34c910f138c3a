"""Background work that sends what is due to printers, and sees to it that it begins once."""
