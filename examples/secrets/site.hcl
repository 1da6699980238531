# Secrets are kept outside of the manifest: encrypted with age in the repository, or where a program
# or systemd has them. No output, plan, log or report shows them.
#
# Make the file of the secret for the ssh host key of the machine, which decrypts it:
#
#   ssh-keyscan -t ed25519 HOST | cut -d' ' -f2- | age -R - -o secrets/database.age
#
# Other sources stand in the same place: credential = "database" (systemd), sops = "secrets.yaml",
# command = ["vault", "kv", "get", "-field=password", "secret/app"].

variable "password_file" {
  type        = string
  default     = "secrets/database.age"
  description = "the encrypted password, relative to this folder or absolute"
}

variable "identity" {
  type        = string
  default     = "/etc/ssh/ssh_host_ed25519_key"
  description = "the key that decrypts it"
}

secret "database" {
  age      = var.password_file
  identity = var.identity
}

variable "session_file" {
  type    = string
  default = "/etc/converge/secrets/session" # for root alone
}

secret "session" { file = var.session_file }

directory "/etc/app" { mode = "0750" }

# A whole file with secrets. Nobody but its owner reads it, and plans say (sensitive).
file "/etc/app/database.env" {
  content = "PGUSER=app\nPGPASSWORD=${secret.database}\n"
  mode    = "0600"
}

# One secret in a file that others edit, too.
setting "session" {
  path   = "/etc/app/app.ini"
  format = "ini"
  key    = "web.session_key"
  value  = secret.session
}
