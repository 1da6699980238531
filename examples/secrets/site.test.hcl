# converge test examples/secrets: no secret is read, something else stands in its place.

test "from nothing" {
  node = { os = { id = "debian", family = "debian" } }

  assert {
    condition = plan.file["/etc/app/database.env"].attributes.mode == "0600"
    message   = "a file with a secret is its owner's alone"
  }
  assert {
    condition = issensitive(plan.file["/etc/app/database.env"].attributes.content) && issensitive(plan.setting.session.attributes.value)
    message   = "what is made of a secret is one"
  }
  assert {
    condition = plan.setting.session.order > plan.directory["/etc/app"].order
  }
}
