# A private repository with its key, and a package from it in the version that a
# pin selects. The plan of the first run shows that version already.
variable "url" {
  type    = string
  default = "https://packages.example.com/debian"
}

variable "key" {
  type        = string
  description = "file with the public key that signs the repository"
}

repository "acme" {
  url        = var.url
  suites     = ["stable"]
  components = ["main"]
  key_source = var.key
  pin        = { "hello-conf" = "1.*" }
}

package "hello-conf" {}
