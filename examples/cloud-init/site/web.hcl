# A web server with one page: the manifest that the user-data beside this folder
# carries, or names by URL and digest.
#
#   converge plan examples/cloud-init/site
#   tar -czf web.tar.gz -C examples/cloud-init/site . && sha256sum web.tar.gz

package "nginx-light" {}

file "/var/www/html/index.html" {
  content = <<-HTML
    <p>${node.hostname}, ${try(node.cloud.instance_id, "no cloud")}</p>
  HTML
  depends_on = [package.nginx-light] # which brings the folder
}

service "nginx" {
  enabled    = true
  running    = true
  depends_on = [package.nginx-light]
}
