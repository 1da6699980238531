case "a port" {
  vars = { ports = [80] }

  assert {
    condition = contains(["a", "b"], "a")
    message   = "It is missing."
  }
}

case "none" {
  vars = {
    ports = []
  }
}
