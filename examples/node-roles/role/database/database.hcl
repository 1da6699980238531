file "/etc/database.conf" {
  # A quarter of the memory of the host on which the manifest is evaluated.
  content = "shared_buffers = ${floor(node.memory.total / 4 / 1048576)}MB\n"
}
