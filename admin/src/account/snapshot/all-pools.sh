# Page by page: the AWS CLI does not follow this list by itself
: >"$to/pools.txt"
next=
until [ "$next" = None ]; do
  lines page cognito-identity list-identity-pools --max-results 60 ${next:+--next-token "$next"} \
    --query '[[[NextToken]], IdentityPools[].[IdentityPoolId]][]'
  next=$(head -n 1 "$to/page.txt")
  sed 1d "$to/page.txt" >>"$to/pools.txt"
done
rm "$to/page.txt"
