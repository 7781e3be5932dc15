use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place};

/// A rule of a security group: protocol, ports, source range, and what it is for.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) protocol: &'static str,
    pub(crate) from: u16,
    pub(crate) to: u16,
    pub(crate) source: String,
    pub(crate) description: Option<String>,
}

impl Rule {
    pub(crate) fn tcp(port: u16, source: &str, description: &str) -> Self {
        Self { protocol: "tcp", from: port, to: port, source: source.to_owned(), description: Some(description.to_owned()) }
    }

    fn permission(&self) -> Value {
        let range = |member: &str| {
            let mut range = json!({ member: self.source });
            if let (Some(description), Some(range)) = (&self.description, range.as_object_mut()) {
                range.insert("Description".to_owned(), json!(description));
            }
            json!([range])
        };
        let none = json!([]);
        let (v4, v6, groups) = if self.source.starts_with("sg-") {
            (none.clone(), none.clone(), range("GroupId"))
        } else if self.source.contains("::") {
            (none.clone(), range("CidrIpv6"), none.clone())
        } else {
            (range("CidrIp"), none.clone(), none.clone())
        };
        let mut permission =
            json!({ "IpProtocol": self.protocol, "IpRanges": v4, "Ipv6Ranges": v6, "PrefixListIds": none, "UserIdGroupPairs": groups });
        if self.protocol != "-1" {
            crate::item::overlay(&mut permission, json!({ "FromPort": self.from, "ToPort": self.to }));
        }
        permission
    }
}

pub(crate) fn security_group(place: Place, id: &str, name: &str, description: &str, vpc: &str, rules: &[Rule]) -> Item {
    let out =
        Rule { protocol: "-1", from: 0, to: 0, source: "10.0.0.0/8".to_owned(), description: Some("inside the bank's network".to_owned()) };
    let egress = if name == "default" && rules.is_empty() { Vec::new() } else { vec![out.permission()] };
    let arn = place.arn("ec2", &format!("security-group/{id}"));
    let api = json!({
        "Description": description,
        "GroupName": name,
        "IpPermissions": rules.iter().map(Rule::permission).collect::<Vec<_>>(),
        "OwnerId": place.account,
        "GroupId": id,
        "IpPermissionsEgress": egress,
        "VpcId": vpc,
        "SecurityGroupArn": arn,
    });
    Item::legacy("AWS::EC2::SecurityGroup", id, arn, api).named(name)
}

pub(crate) fn vpc(place: Place, id: &str, cidr: &str, is_default: bool) -> Item {
    let api = json!({
        "CidrBlock": cidr,
        "DhcpOptionsId": "dopt-0a1b2c3d4e5f60718",
        "State": "available",
        "VpcId": id,
        "OwnerId": place.account,
        "InstanceTenancy": "default",
        "Ipv6CidrBlockAssociationSet": [],
        "CidrBlockAssociationSet": [{ "AssociationId": format!("vpc-cidr-assoc-{}", id.trim_start_matches("vpc-")), "CidrBlock": cidr, "CidrBlockState": { "State": "associated" } }],
        "IsDefault": is_default,
    });
    Item::legacy("AWS::EC2::VPC", id, place.arn("ec2", &format!("vpc/{id}")), api)
}

pub(crate) fn subnet(place: Place, id: &str, vpc: &str, cidr: &str, zone: char, public: bool) -> Item {
    let arn = place.arn("ec2", &format!("subnet/{id}"));
    let api = json!({
        "AvailabilityZone": format!("{}{zone}", place.region),
        "AvailableIpAddressCount": 251,
        "CidrBlock": cidr,
        "DefaultForAz": false,
        "MapPublicIpOnLaunch": public,
        "MapCustomerOwnedIpOnLaunch": false,
        "State": "available",
        "SubnetId": id,
        "VpcId": vpc,
        "OwnerId": place.account,
        "AssignIpv6AddressOnCreation": false,
        "Ipv6CidrBlockAssociationSet": [],
        "SubnetArn": arn,
        "EnableDns64": false,
        "Ipv6Native": false,
    });
    Item::legacy("AWS::EC2::Subnet", id, arn, api)
}

pub(crate) fn route_table(place: Place, id: &str, vpc: &str, gateway: Option<&str>, subnets: &[String]) -> Item {
    let mut routes =
        vec![json!({ "DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active" })];
    if let Some(gateway) = gateway {
        routes.push(json!({ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "Origin": "CreateRoute", "State": "active" }));
    }
    let associations: Vec<Value> = subnets
        .iter()
        .map(|subnet| json!({ "Main": false, "RouteTableAssociationId": format!("rtbassoc-{}", subnet.trim_start_matches("subnet-")), "RouteTableId": id, "SubnetId": subnet, "AssociationState": { "State": "associated" } }))
        .collect();
    let api = json!({ "Associations": associations, "PropagatingVgws": [], "RouteTableId": id, "Routes": routes, "VpcId": vpc, "OwnerId": place.account });
    Item::legacy("AWS::EC2::RouteTable", id, place.arn("ec2", &format!("route-table/{id}")), api)
}

/// `admin_open` leaves port 22 open to the world.
pub(crate) fn network_acl(place: Place, id: &str, vpc: &str, admin_open: bool) -> Item {
    let entry = |egress: bool, number: u16, action: &str, cidr: &str, port: Option<u16>| {
        let mut entry = json!({ "CidrBlock": cidr, "Egress": egress, "Protocol": if port.is_some() { "6" } else { "-1" }, "RuleAction": action, "RuleNumber": number });
        if let Some(port) = port {
            crate::item::overlay(&mut entry, json!({ "PortRange": { "From": port, "To": port } }));
        }
        entry
    };
    let mut entries = vec![
        entry(true, 100, "allow", "0.0.0.0/0", None),
        entry(false, 100, "allow", "10.0.0.0/8", None),
        entry(false, 110, "allow", "0.0.0.0/0", Some(443)),
        entry(false, 32767, "deny", "0.0.0.0/0", None),
    ];
    if admin_open {
        entries.insert(1, entry(false, 90, "allow", "0.0.0.0/0", Some(22)));
    }
    let api =
        json!({ "Associations": [], "Entries": entries, "IsDefault": false, "NetworkAclId": id, "VpcId": vpc, "OwnerId": place.account });
    Item::legacy("AWS::EC2::NetworkAcl", id, place.arn("ec2", &format!("network-acl/{id}")), api)
}

/// An application load balancer; the attributes are Config's supplementary part and the API's second call.
pub(crate) fn load_balancer(place: Place, prng: &mut Prng, name: &str, vpc: &str, subnets: &[String], good: bool) -> Item {
    let arn = place.arn("elasticloadbalancing", &format!("loadbalancer/app/{name}/{}", prng.hex(16)));
    let zones: Vec<Value> = subnets
        .iter()
        .map(|subnet| json!({ "ZoneName": format!("{}a", place.region), "SubnetId": subnet, "LoadBalancerAddresses": [] }))
        .collect();
    let api = json!({
        "LoadBalancerArn": arn,
        "DNSName": format!("internal-{name}-1234567890.{}.elb.amazonaws.com", place.region),
        "CanonicalHostedZoneId": "Z215JYRZR1TBD5",
        "CreatedTime": "2026-02-11T09:14:03.120Z",
        "LoadBalancerName": name,
        "Scheme": "internet-facing",
        "VpcId": vpc,
        "State": { "Code": "active" },
        "Type": "application",
        "AvailabilityZones": zones,
        "SecurityGroups": ["sg-0aa11bb22cc33dd44"],
        "IpAddressType": "ipv4",
    });
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": value });
    let flag = if good { "true" } else { "false" };
    let attributes = json!([
        attribute("access_logs.s3.enabled", flag),
        attribute("access_logs.s3.bucket", if good { "harbour-bank-lb-logs" } else { "" }),
        attribute("deletion_protection.enabled", flag),
        attribute("idle_timeout.timeout_seconds", "60"),
        attribute("routing.http.desync_mitigation_mode", "defensive"),
        attribute("routing.http.drop_invalid_header_fields.enabled", flag),
        attribute("routing.http2.enabled", "true"),
    ]);
    Item::legacy("AWS::ElasticLoadBalancingV2::LoadBalancer", &arn.clone(), arn, api)
        .named(name)
        .extra("LoadBalancerAttributes", attributes)
}

pub(crate) fn classic_load_balancer(place: Place, name: &str, vpc: &str, subnets: &[String]) -> Item {
    let listener = json!({ "Listener": { "Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 8080 }, "PolicyNames": [] });
    let api = json!({
        "LoadBalancerName": name,
        "DNSName": format!("{name}-987654321.{}.elb.amazonaws.com", place.region),
        "ListenerDescriptions": [listener],
        "AvailabilityZones": [format!("{}a", place.region)],
        "Subnets": subnets,
        "VpcId": vpc,
        "Instances": [],
        "SecurityGroups": ["sg-0aa11bb22cc33dd44"],
        "CreatedTime": "2019-05-06T08:00:00.000Z",
        "Scheme": "internet-facing",
    });
    let attributes = json!({ "crossZoneLoadBalancing": { "enabled": false }, "accessLog": { "enabled": false }, "connectionDraining": { "enabled": true, "timeout": 300 }, "connectionSettings": { "idleTimeout": 60 } });
    Item::legacy("AWS::ElasticLoadBalancing::LoadBalancer", name, place.arn("elasticloadbalancing", &format!("loadbalancer/{name}")), api)
        .named(name)
        .extra("LoadBalancerAttributes", attributes)
        .extra("LoadBalancerPolicies", json!([]))
}
