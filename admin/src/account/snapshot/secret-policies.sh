
# Who else a secret is opened or closed to. AWS has no call for many at a time: about a second each
echo 'Policies of secrets' >&2
sed -n 's/^ *"ARN": "\([^"]*\)",*$/\1/p' "$to/secrets.json" >"$to/secrets.txt"
each secrets | while read -r n arn; do
  try "secret-$n-policy" secretsmanager get-resource-policy --secret-id "$arn"
done
