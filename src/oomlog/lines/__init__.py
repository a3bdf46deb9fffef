"""Raw bytes to kernel messages: where reports may be, line by line, with the logger's prefix taken off."""
