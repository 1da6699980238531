variable "port" { type = number }

directory "/etc/site" {}

file "/etc/site/listen.conf" { content = "listen ${var.port};\n" }
