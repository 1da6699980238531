# converge test examples/archive

test "from nothing" {
  node      = { os = { id = "debian", family = "debian" } }
  variables = { version = "1.0", sha256 = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4" }

  assert {
    condition = plan.archive.greeter.attributes.source == "https://downloads.example.com/greeter/greeter-1.0.tar.gz"
  }
  assert {
    condition = plan.archive.greeter.order > plan.directory["/opt/greeter"].order && plan.link["/usr/local/bin/greeter"].order > plan.archive.greeter.order
    message   = "the program is linked once it is there"
  }
  assert {
    condition = plan.directory["/usr/local/bin"].action == "none"
  }
}

test "a digest that is cut off" {
  variables    = { version = "1.0", sha256 = "8f43" }
  expect_error = "A SHA-256 has 64 hexadecimal digits."
}
